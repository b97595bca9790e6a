"""Planned reads run here: statement text straight on the driver, on connections of their own."""
