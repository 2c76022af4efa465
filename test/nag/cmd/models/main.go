// Command models stands for the function of the same name in the README program.
package main

func main() {}
