"""One file for each limit: how its data enter the program."""
