"""Time entries: hours of work, their approval and their worth."""
