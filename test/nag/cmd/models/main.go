// Command models stands for the function of the same name in the program of docs/constructs.md.
package main

func main() {}
