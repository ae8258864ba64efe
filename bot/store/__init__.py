"""SQLite: one connection, numbered migrations, one small repository per noun."""
