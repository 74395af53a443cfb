"""Files behind URLs and in object storage."""
