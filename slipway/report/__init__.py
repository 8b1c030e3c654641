"""What people read: tables, previews, problems. Pure text from plain values."""
