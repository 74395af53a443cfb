"""All that leaves the process: effects and their driver, HTTP, local files, object storage."""
