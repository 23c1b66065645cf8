"""Where articles come from: each reader looks at one place and gives a Reading."""
