"""The pages of programme leads, rendered here: no scripts, fonts or anything from elsewhere."""
