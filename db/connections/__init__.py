"""PSA connections: tenant, address and integration key of an organisation; the key is kept encrypted."""
