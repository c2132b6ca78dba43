"""When jobs run: calendars, slots, and the decision on each."""
