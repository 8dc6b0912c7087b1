"""What runs beside a student's code and returns plain data. Nothing in this package knows what is right."""
