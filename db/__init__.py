"""What is stored, and true: tables, rules, reads and commands, one file per capability."""
