"""The fault bench: what is left of acknowledged bookings and mails when processes, disks and peers fail."""
