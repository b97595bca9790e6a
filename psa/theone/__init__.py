"""The One PSA, one vendor's wire: what is asked, what is read, which words mean what."""
