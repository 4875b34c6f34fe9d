"""A drive cycle: its parameters and check, the course of set-points, the drive, the book that is kept of it."""
