"""Classical resampling on pixels.

Settings in `settings`, where images are made in `model`, how often each is a base in `bases`, what
Tomek links and edited nearest neighbours would remove in `cleaning`.
"""
