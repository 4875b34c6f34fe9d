"""A point: going there, settling, the window, powers and their uncertainty, its record; references and their charts."""
