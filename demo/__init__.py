"""The demo: finished models in a browser, a tab for each thing that they can do.

It asks models for capabilities and never for a method's or a model's name.
"""

import os

# Before gradio is imported anywhere: nothing is reported to anyone.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
