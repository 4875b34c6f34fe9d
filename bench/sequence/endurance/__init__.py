"""Endurance: parameters and check, the course of a cycle, the drive, checks between cycles, the book that is kept."""
