"""What is live -> the files: import and pull, for objects that no file declares and for those that drifted."""
