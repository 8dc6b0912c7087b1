"""Waits for somebody to type."""
answer = input("points? ")
import getpass

getpass.getpass()
