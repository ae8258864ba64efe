"""What the host needs: logs, the lock on the data folder."""
