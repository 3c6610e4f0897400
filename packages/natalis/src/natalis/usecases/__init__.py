"""What a person or program can ask for; shared by the API, the console and the command line."""
