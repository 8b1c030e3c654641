"""Programs that run in pods before a service: each module is one, alone, with the standard library only."""
