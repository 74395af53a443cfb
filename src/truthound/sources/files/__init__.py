"""Files of tables: found, read and typed."""
