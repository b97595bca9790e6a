"""A shape becomes statements: few plain SELECTs, compiled once to text, whatever the number of rows."""
