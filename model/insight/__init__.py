"""What goes on in a recurrent cell: its gates while it reads, and how far the influence of a character reaches back."""
