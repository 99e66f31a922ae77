"""What moves in a composite, a file for each. An actor draws itself into a float32 luma frame and says where it was."""
