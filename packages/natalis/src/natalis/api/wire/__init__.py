"""What goes over the wire: every struct that the API takes or answers, each field described with an example."""
