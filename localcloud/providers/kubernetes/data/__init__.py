"""Tables that the provider reads, and what makes them."""
