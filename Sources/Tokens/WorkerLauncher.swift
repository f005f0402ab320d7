/// How this process gets workers.
package enum WorkerLauncher: Sendable {
    /// It starts them itself: the path of `inkan-tokend`. For programs that people run.
    case here(executable: String)
    /// Another process starts them, because this one has given up the right to run programs.
    case through(WorkerSpawner)
}
