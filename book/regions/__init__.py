"""The book's page of the regions: pictures and figures of the simulated places, drawn without a service."""
