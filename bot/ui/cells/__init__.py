"""Pictures of recurrent cells: equations, diagram, gates over a poem, reach of influence. They need matplotlib."""
