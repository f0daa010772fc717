"""The HTTP interface: one scoring path, the list, health, and the rules every answer keeps."""
