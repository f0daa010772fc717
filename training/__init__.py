"""How a model comes to be: recipe, split, fit, evaluation, gate and registry."""
