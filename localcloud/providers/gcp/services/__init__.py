"""One module for each Google service: its kinds of resource and the rules that its API enforces."""
