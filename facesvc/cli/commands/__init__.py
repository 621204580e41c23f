"""One command a file; facesvc/cli/app.py gives them their names."""
