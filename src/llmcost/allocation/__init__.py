"""Who bears which cost: rules, statements to the cent, and periods that are closed."""
