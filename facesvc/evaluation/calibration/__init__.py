"""Calibrating a pack on labelled photos: the curve of recognizability and the impostors' tail."""
