"""Images of trained generators for use elsewhere: pictures, their list and a data card."""
