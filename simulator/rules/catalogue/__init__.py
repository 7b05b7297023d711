"""The named rules, one YAML file each; read by `simulator.scenario.rule_catalogue`."""
