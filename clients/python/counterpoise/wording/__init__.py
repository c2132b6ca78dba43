"""What people read: numbers, money, names and the contract's words, for the printed page and for pictures."""
