"""What all commands share: settings, streams, signals, completion, exit codes."""
