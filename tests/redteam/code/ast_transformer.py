"""Rewrites every cell that runs after this one."""
import ast


class Pass(ast.NodeTransformer):
    def visit_Module(self, node):
        return ast.parse("pass")


get_ipython().ast_transformers.append(Pass())
