"""One file for each term of an objective: how its data enter the program."""
