"""What this machine is and can: self-test, floor, precision to use, compile cache."""
