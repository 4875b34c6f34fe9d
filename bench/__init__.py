"""The open test bench controller for electric drive units."""
