"""The worked solution: the class as a module, and the solved notebook the template is made from."""
