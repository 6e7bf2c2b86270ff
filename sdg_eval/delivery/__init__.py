"""The programme itself: plans, money, projects, partners, people, steps and decisions, quarter by quarter."""
