"""Google Cloud components, one concept a file, hardened by default with the reason beside each setting."""
